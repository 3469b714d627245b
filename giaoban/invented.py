"""The invented province of the demonstration, as far as more than one service must know it."""

from typing import Final

MAIL_DOMAIN: Final = "sonha.example"
"""Of all its addresses (RFC 2606: mail to it goes nowhere); what is addressed to it never leaves the machine."""
