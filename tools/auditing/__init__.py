"""What tools/audit_client is made of: what a load generator reported, beside what was delivered."""
