"""The camera's pose from one picture, a prior and the lit map."""
