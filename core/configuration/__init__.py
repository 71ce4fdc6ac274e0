"""Sources, declarations and masking of settings."""
