from ruamel.yaml import YAML as YAML, load as load, load_all as load_all, safe_load as safe_load, round_trip_load as round_trip_load
