"""What several commands share: places, pictures, tables, what an environment lacks."""
