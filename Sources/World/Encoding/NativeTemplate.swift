/// Templates in the enriched native format: what is nested, with IDs of its own, stands before the Tweet's ID.
enum NativeTemplate {
    static func make(_ author: inout TemplateAuthor, bytes target: Int) -> String {
        let id = TemplateSlot.id.mark
        var fields: [String] = []
        let isRetweet = target > 2000 && author.chance(0.3)
        let isQuote = target > 2000 && author.chance(0.15)
        if isRetweet { fields.append(#""retweeted_status":"# + nested(&author)) }
        if isQuote {
            let quoted = author.otherID()
            fields.append(
                #""quoted_status_id":\#(quoted),"quoted_status_id_str":"\#(quoted)","quoted_status":"# + nested(&author)
            )
        }
        fields.append(#""user":"# + user(&author, rich: target > 2000))
        fields.append(#""text":"\#(author.words(author.number(4...25)))""#)
        fields.append(#""is_quote_status":\#(isQuote),"retweet_count":0,"favorite_count":0,"truncated":false"#)
        var used = fields.reduce(0) { $0 + $1.utf8.count }
        var media: [String] = []
        while used < target - 700 {
            media.append(Self.media(&author))
            used += media[media.count - 1].utf8.count
        }
        if !media.isEmpty {
            fields.append(#""extended_entities":{"media":[\#(media.joined(separator: ","))]}"#)
        }
        let tail: [String] = [
            #""created_at":"\#(TemplateSlot.nativeTime.mark)""#,
            #""id":\#(id),"id_str":"\#(id)""#,
            #""edit_history":{"initial_tweet_id":"\#(TemplateSlot.firstVersion.mark)","#
                + #""edit_tweet_ids":[\#(TemplateSlot.history.mark)]},"edit_history_tweet_ids":[\#(TemplateSlot.history.mark)]"#,
            #""source":"<a href=\"http:\/\/twitter.com\/download\/iphone\" rel=\"nofollow\">Twitter for iPhone<\/a>""#,
            #""in_reply_to_status_id":null,"in_reply_to_status_id_str":null,"geo":null,"coordinates":null,"place":null"#,
            entities(&author),
            #""lang":"en","timestamp_ms":"\#(TemplateSlot.milliseconds.mark)""#,
            #""matching_rules":[{"tag":null,"id":\#(author.otherID())}]"#,
        ]
        fields += tail
        // The upstream promises no order of fields: some Tweets have their ID first.
        if author.chance(0.15) { fields.reverse() }
        return "{" + fields.joined(separator: ",") + "}"
    }

    static func entities(_ author: inout TemplateAuthor) -> String {
        let link = author.link()
        let mention = author.userID()
        return #""entities":{"hashtags":[{"text":"\#(author.words(1))","indices":[3,9]}],"symbols":[],"#
            + #""urls":[{"url":"\#(link)","expanded_url":"https:\/\/example.com\/a?b=c&d=\"e\"","indices":[20,43]}],"#
            + #""user_mentions":[{"screen_name":"\#(author.handle())","name":"\#(author.name())","#
            + #""id":\#(mention),"id_str":"\#(mention)","indices":[0,5]}]}"#
    }

    static func media(_ author: inout TemplateAuthor) -> String {
        let id = author.otherID()
        let key = String(author.number(1 << 50...1 << 60), radix: 36)
        return #"{"id":\#(id),"id_str":"\#(id)","indices":[41,64],"type":"photo","url":"\#(author.link())","#
            + #""media_url":"http:\/\/pbs.twimg.com\/media\/\#(key).jpg","#
            + #""media_url_https":"https:\/\/pbs.twimg.com\/media\/\#(key).jpg","display_url":"pic.twitter.com\/\#(key)","#
            + #""sizes":{"large":{"h":260,"w":500,"resize":"fit"},"thumb":{"h":150,"w":150,"resize":"crop"},"#
            + #""medium":{"h":260,"w":500,"resize":"fit"},"small":{"h":177,"w":340,"resize":"fit"}}}"#
    }

    static func user(_ author: inout TemplateAuthor, rich: Bool) -> String {
        let id = author.userID()
        var text =
            #"{"id":\#(id),"id_str":"\#(id)","name":"\#(author.name())","screen_name":"\#(author.handle())","#
            + #""location":"\#(author.words(2))","url":null,"description":"\#(author.words(12))","#
            + #""followers_count":\#(author.number(0...90000)),"friends_count":\#(author.number(0...5000)),"#
            + #""created_at":"Sat Dec 31 19:30:52 +0000 2016","verified":false,"protected":false"#
        if rich {
            let image = #"profile_images\/\#(author.otherID())\/RID37OuE_normal.jpg"#
            text +=
                #","listed_count":7,"favourites_count":12,"statuses_count":6800,"utc_offset":null,"time_zone":null,"#
                + #""geo_enabled":true,"lang":"en","contributors_enabled":false,"is_translator":false,"#
                + #""profile_background_color":"000000","profile_background_tile":false,"profile_link_color":"F58EA8","#
                + #""profile_image_url":"http:\/\/pbs.twimg.com\/\#(image)","#
                + #""profile_image_url_https":"https:\/\/pbs.twimg.com\/\#(image)","default_profile":false,"#
                + #""derived":{"locations":[{"country":"United States","country_code":"US","locality":"Boulder","#
                + #""region":"Colorado","full_name":"Boulder, Colorado, United States","#
                + #""geo":{"coordinates":[-105.27,40.01],"type":"point"}}]}"#
        }
        return text + "}"
    }

    private static func nested(_ author: inout TemplateAuthor) -> String {
        let id = author.otherID()
        return #"{"created_at":"Tue Jul 18 23:25:04 +0000 2017","id":\#(id),"id_str":"\#(id)","#
            + #""text":"\#(author.words(18))","user":"# + user(&author, rich: false)
            + #","retweet_count":12,"# + entities(&author) + "}"
    }
}
