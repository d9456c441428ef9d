eval(input())  # 2J
