"""The gRPC face: messages in, values of the domain out, and back; decides nothing."""
