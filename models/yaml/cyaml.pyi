from yaml import CBaseLoader as CBaseLoader, CSafeLoader as CSafeLoader, CFullLoader as CFullLoader, CLoader as CLoader, CUnsafeLoader as CUnsafeLoader
