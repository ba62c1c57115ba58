"""The data link of DLMS/COSEM over HDLC: frames, negotiation, both sides of the link, and the opening of mode E."""
