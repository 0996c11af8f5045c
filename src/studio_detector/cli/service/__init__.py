"""Commands that run the service or look into it, one file each (extra ``service``)."""
