/// The file of a token: 64 hexadecimal digits and a line feed.
extension Token {
    /// Reads the token at `path`.
    package init(file path: String) throws(SecretFile.Failure) {
        let text = String(decoding: try SecretFile.read(path, "the token file"), as: UTF8.self)
        guard let token = Token(hexadecimal: text) else {
            throw SecretFile.Failure(
                description: "the token file \(path) doesn't hold 64 hexadecimal digits; `sonde token FILE` makes one that does")
        }
        self = token
    }

    /// Writes it to a new file that only its owner may read.
    package func write(newFile path: String) throws(SecretFile.Failure) {
        try SecretFile.create(path, "the token file", Array("\(hexadecimal)\n".utf8))
    }
}
