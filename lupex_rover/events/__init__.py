"""The events of a run, in a store that outlives the process and the computer."""
