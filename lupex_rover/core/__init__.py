"""Types, constants, transforms and the component contract. Imports nothing of ours."""
