"""Datasets: folders of images with captions, checked, versioned and measured."""
