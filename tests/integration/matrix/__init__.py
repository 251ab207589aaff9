# SPDX-License-Identifier: LGPL-2.1-or-later
"""Platforms × failures as data, one file a platform; subject.py says what a row is."""

from . import google, linkedin, lumen, meta, twitch, x, x_oauth1

SUBJECTS = [lumen.SUBJECT, *meta.SUBJECTS, *twitch.SUBJECTS, *google.SUBJECTS, *x.SUBJECTS, *x_oauth1.SUBJECTS,
            *linkedin.SUBJECTS]
