# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lumen, a made-up streaming platform that behaves as the real ones do."""
