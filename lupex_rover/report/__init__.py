"""What a run leaves: `result.json` and `report.html`, both made from the bag's messages."""
