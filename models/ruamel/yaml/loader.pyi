from ruamel.yaml import SafeLoader as SafeLoader, RoundTripLoader as RoundTripLoader, Loader as Loader
