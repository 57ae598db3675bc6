extends SceneTree
## Writes a certificate for [code]localhost[/code] and its key to the directory that is given.


func _init() -> void:
	var directory := OS.get_cmdline_user_args()[0]
	var crypto := Crypto.new()
	var key := crypto.generate_rsa(2048)
	var certificate := crypto.generate_self_signed_certificate(key, "CN=localhost", "20250101000000", "20450101000000")
	key.save(directory.path_join("server.key"))
	certificate.save(directory.path_join("server.crt"))
	quit()
