"""`wsnas data`: load a data set, and download it where that is needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class DataCommand:
    """Load a data set, checking its files, and show what it holds; cifar10 is downloaded where missing."""

    data: str = "fashion-clutter"
    """fashion-clutter, fashion or cifar10."""
    data_dir: Path | None = None
    """Folder of cifar10's binary archive."""
    resolution: int = 16
    """Height and width of the images in pixels."""

    def run(self) -> int:
        """Load and describe."""
        from rich.console import Console

        from wsnas.data import load_images

        images = load_images(self.data, resolution=self.resolution, data_dir=self.data_dir)
        sizes = [
            len(labels) for labels in (images.train_labels, images.validation_labels, images.test_labels)
        ]
        Console(highlight=False, soft_wrap=True).print(
            f"[b]{images.name}[/b]: {sizes[0]:,} training, {sizes[1]:,} validation and {sizes[2]:,} test"
            f" images of {images.num_classes} classes, {self.resolution}x{self.resolution} pixels with"
            f" {images.in_channels} channel(s); SHA-256 of the source {images.sha256}"
        )
        return 0
