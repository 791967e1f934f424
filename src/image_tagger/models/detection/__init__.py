"""What the postprocessings of detectors share: from rows of boxes to regions."""
