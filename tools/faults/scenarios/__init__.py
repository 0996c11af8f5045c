"""The faults, one file a kind; `tools.faults.table` names them all."""
