"""What can be said of a study that somebody made with the objective alone: no screen, no confirmation."""

from __future__ import annotations
