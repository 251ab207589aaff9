# SPDX-License-Identifier: LGPL-2.1-or-later
"""Platforms × failures as data, one file a platform; subject.py says what a row is."""

from . import google, linkedin, lumen, meta, twitch, x

SUBJECTS = [lumen.SUBJECT, *meta.SUBJECTS, *twitch.SUBJECTS, *google.SUBJECTS, *x.SUBJECTS, *linkedin.SUBJECTS]
