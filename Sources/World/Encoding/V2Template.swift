/// Templates of the API v2: what is included, with IDs of its own, often stands before the data.
enum V2Template {
    static func make(_ author: inout TemplateAuthor, bytes target: Int) -> String {
        let user = author.userID()
        let other = author.otherID()
        let isRetweet = author.chance(0.3)
        let reference =
            isRetweet
            ? #","referenced_tweets":[{"type":"\#(author.chance(0.5) ? "retweeted" : "quoted")","id":"\#(other)"}]"#
            : ""
        let first =
            #""text":"\#(author.words(author.number(4...40)))","author_id":"\#(user)","#
            + #""created_at":"\#(TemplateSlot.isoTime.mark)""#
        let second =
            #""id":"\#(TemplateSlot.id.mark)","edit_history_tweet_ids":[\#(TemplateSlot.history.mark)]\#(reference)"#
        let third =
            #""conversation_id":"\#(TemplateSlot.id.mark)","lang":"en","possibly_sensitive":false,"reply_settings":"everyone","#
            + #""public_metrics":{"retweet_count":0,"reply_count":0,"like_count":0,"quote_count":0},"#
            + #""entities":{"hashtags":[{"start":3,"end":9,"tag":"\#(author.words(1))"}],"#
            + #""mentions":[{"start":0,"end":5,"username":"\#(author.handle())","id":"\#(author.userID())"}]}"#
        let data = author.chance(0.5) ? [first, second, third] : [third, second, first]
        var included = [#""users":[\#(profile(&author, user)),\#(profile(&author, author.userID()))]"#]
        if isRetweet { included.append(#""tweets":[\#(referenced(&author, other))]"#) }
        var used = (data + included).reduce(0) { $0 + $1.utf8.count }
        var media: [String] = []
        while used < target - 300 {
            media.append(Self.media(&author))
            used += media[media.count - 1].utf8.count
        }
        if !media.isEmpty { included.append(#""media":[\#(media.joined(separator: ","))]"#) }
        var fields = [
            #""includes":{\#(included.joined(separator: ","))}"#,
            #""data":{\#(data.joined(separator: ","))}"#,
            #""matching_rules":[{"id":"\#(author.otherID())","tag":""}]"#,
        ]
        if author.chance(0.4) { fields.swapAt(0, 1) }
        return "{" + fields.joined(separator: ",") + "}"
    }

    private static func profile(_ author: inout TemplateAuthor, _ id: String) -> String {
        #"{"id":"\#(id)","name":"\#(author.name())","username":"\#(author.handle())","#
            + #""created_at":"2016-12-31T19:30:52.000Z","description":"\#(author.words(12))","protected":false,"#
            + #""verified":false,"public_metrics":{"followers_count":\#(author.number(0...90000)),"#
            + #""following_count":120,"tweet_count":6800,"listed_count":7},"#
            + #""profile_image_url":"https:\/\/pbs.twimg.com\/profile_images\/\#(author.otherID())\/RID37OuE_normal.jpg"}"#
    }

    private static func referenced(_ author: inout TemplateAuthor, _ id: String) -> String {
        #"{"id":"\#(id)","text":"\#(author.words(18))","author_id":"\#(author.userID())","#
            + #""created_at":"2017-07-18T23:25:04.000Z","edit_history_tweet_ids":["\#(id)"],"conversation_id":"\#(id)"}"#
    }

    private static func media(_ author: inout TemplateAuthor) -> String {
        let key = String(author.number(1 << 50...1 << 60), radix: 36)
        return #"{"media_key":"3_\#(author.otherID())","type":"photo","height":1080,"width":1920,"#
            + #""url":"https:\/\/pbs.twimg.com\/media\/\#(key).jpg","alt_text":"\#(author.words(8))"}"#
    }
}
