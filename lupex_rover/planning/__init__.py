"""What the ground prepares: the site, its havens, the mission's plan."""
