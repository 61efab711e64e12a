"""Signing and verifying releases (DESIGN §8): canonical JSON, strict JSON, JWS pieces, trust.

Pure: no I/O, no clock, no private key. The signature itself comes from a port (KMS), time comes in as `now_epoch_s`. Nothing is
re-exported here, because `fanin.signing.verification` alone imports a JOSE library and only the verifying side should pay for it.
"""
