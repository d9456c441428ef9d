from paramiko import Ed25519Key as Ed25519Key
