import Files
import Foundation

/// The path of a fixture of these tests.
func fixture(_ name: String) -> String { Bundle.module.bundlePath + "/Fixtures/" + name }
