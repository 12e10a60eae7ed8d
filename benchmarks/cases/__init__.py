"""Score the assessment on published cases."""
