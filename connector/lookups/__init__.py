"""What somebody outside is asked about a lead: one port, several who answer. Off until an admin switches one on."""
