"""Readers of streams: `invitations` follows the facts about briefings."""
