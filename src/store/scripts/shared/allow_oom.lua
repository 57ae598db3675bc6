#!lua flags=allow-oom
-- What follows needs next to no memory or frees some: it works when Redis is full.
