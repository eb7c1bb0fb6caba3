/// The number of a token in its vocabulary.
public typealias TokenID = Int32
