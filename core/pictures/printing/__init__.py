"""Sheets for print: papers, page boxes, crop marks, contact sheets and PDF files."""
