"""The ledger, its recovery, and the files of a results folder."""
