"""The gRPC face: `servicer` answers, `convert` translates, `parts` takes stored messages apart for showing."""
