# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the integration tests stand on: the real bus, polkitd, broker and OAuth servers."""
