"""The edge: the only modules that import boto3, and their in-memory twins."""
