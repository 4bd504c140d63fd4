"""Our own authorities, signing requests, OCSP. Pure computation and the files of the keys; no database."""
