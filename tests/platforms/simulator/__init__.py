# SPDX-License-Identifier: LGPL-2.1-or-later
"""One web server that plays many platforms. README.md in the folder above says how to use it."""
