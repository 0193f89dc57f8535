/// Templates in Activity Streams format: the activity's ID looks like its object's and stands after it.
enum ActivityTemplate {
    private static let tag = "tag:search.twitter.com,2005:"

    static func make(_ author: inout TemplateAuthor, bytes target: Int) -> String {
        let id = TemplateSlot.id.mark
        let time = TemplateSlot.isoTime.mark
        let isShare = target > 2000 && author.chance(0.3)
        let body = author.words(author.number(4...25))
        let handle = author.handle()
        var fields: [String] = []
        if isShare {
            fields.append(#""object":"# + shared(&author))
        } else {
            fields.append(
                #""object":{"id":"object:search.twitter.com,2005:\#(id)","objectType":"note","postedTime":"\#(time)","#
                    + #""summary":"\#(body)","link":"http:\/\/twitter.com\/\#(handle)\/statuses\/\#(id)"}"#
            )
        }
        fields.append(#""actor":"# + actor(&author, handle: handle))
        fields.append(#""body":"\#(body)","retweetCount":0,"favoritesCount":0,"twitter_lang":"en""#)
        var used = fields.reduce(0) { $0 + $1.utf8.count }
        var media: [String] = []
        while used < target - 600 {
            media.append(NativeTemplate.media(&author))
            used += media[media.count - 1].utf8.count
        }
        if !media.isEmpty {
            fields.append(#""twitter_extended_entities":{"media":[\#(media.joined(separator: ","))]}"#)
        }
        let tail: [String] = [
            #""id":"\#(tag)\#(id)","objectType":"activity","verb":"\#(isShare ? "share" : "post")""#,
            #""postedTime":"\#(time)","link":"http:\/\/twitter.com\/\#(handle)\/statuses\/\#(id)""#,
            #""edit_history":{"initial_tweet_id":"\#(TemplateSlot.firstVersion.mark)","#
                + #""edit_tweet_ids":[\#(TemplateSlot.history.mark)]}"#,
            #""generator":{"displayName":"Twitter for iPhone","link":"http:\/\/twitter.com\/download\/iphone"}"#,
            #""provider":{"objectType":"service","displayName":"Twitter","link":"http:\/\/www.twitter.com"}"#,
            #""twitter_filter_level":"low","gnip":{"matching_rules":[{"tag":null,"id":\#(author.otherID())}]}"#,
        ]
        fields += tail
        if author.chance(0.15) { fields.reverse() }
        return "{" + fields.joined(separator: ",") + "}"
    }

    private static func actor(_ author: inout TemplateAuthor, handle: String) -> String {
        #"{"objectType":"person","id":"id:twitter.com:\#(author.userID())","link":"http:\/\/www.twitter.com\/\#(handle)","#
            + #""displayName":"\#(author.name())","postedTime":"2016-12-31T19:30:52.362Z","summary":"\#(author.words(12))","#
            + #""links":[{"href":null,"rel":"me"}],"friendsCount":\#(author.number(0...5000)),"#
            + #""followersCount":\#(author.number(0...90000)),"listedCount":3,"statusesCount":680,"verified":false,"#
            + #""utcOffset":null,"preferredUsername":"\#(handle)","languages":["en"],"favoritesCount":12}"#
    }

    private static func shared(_ author: inout TemplateAuthor) -> String {
        let id = author.otherID()
        let handle = author.handle()
        return #"{"id":"\#(tag)\#(id)","objectType":"activity","verb":"post","postedTime":"2017-07-18T23:25:04.000Z","#
            + #""body":"\#(author.words(20))","actor":"# + actor(&author, handle: handle)
            + #","object":{"objectType":"note","id":"object:search.twitter.com,2005:\#(id)","#
            + #""summary":"\#(author.words(20))"},"link":"http:\/\/twitter.com\/\#(handle)\/statuses\/\#(id)"}"#
    }
}
