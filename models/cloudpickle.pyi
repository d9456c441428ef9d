from pickle import load as load, loads as loads
