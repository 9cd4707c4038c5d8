"""The mission: its plan, its site, and the executive that flies it."""
