"""The port: what every CRM adapter offers, in our words."""
