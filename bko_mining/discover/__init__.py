"""What happens: variants, process maps and process models."""
