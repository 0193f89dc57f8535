import Testing
import Tweets

@Suite("Numbers of control records")
struct ControlNumbersTests {
    @Test(
        "counts and offsets pass, and so does whatever is no number",
        arguments: [
            #"{"a":0,"b":-5,"c":999999999999999,"d":0.25,"e":[1,2,3],"f":true,"g":false,"h":null}"#,
            #"{"session":"20261125194559120123456789","text":"1e99 \" 12345678901234567890","x":1}"#,
            "", "{", "nonsense 1 2 3",
        ]
    )
    func counts(json: String) {
        #expect(ControlNumbers.areCounts(json.utf8))
    }

    @Test(
        "what would overflow a sum does not",
        arguments: [
            "1000000000000000", "-9223372036854775808", #"{"a":"\\","b":9223372036854775807}"#, "[1,1e15]", "2E3",
            #"{"a":"\"","b":18446744073709551615}"#,
        ]
    )
    func others(json: String) {
        #expect(!ControlNumbers.areCounts(json.utf8))
    }
}
