"""A meter for DynamoDB: an in-process table that takes the adapters' requests, charges them by AWS's rules and writes down every charge."""
