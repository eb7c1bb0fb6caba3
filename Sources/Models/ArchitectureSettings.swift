/// What only some architectures have.
package enum ArchitectureSettings: Sendable {
  /// Nothing: a BERT with other names.
  case common
  case modernBERT(ModernBERTSettings)
  case deBERTa(DeBERTaSettings)
}
