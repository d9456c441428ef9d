from paramiko import ECDSAKey as ECDSAKey
