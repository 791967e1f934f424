"""What all postprocessings share: from outputs to scores, and from scores to the predictions asked for."""
