def write(path, log):
    pass
