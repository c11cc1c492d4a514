"""What a study found in sentences, tables of text and pages."""
