"""The passwords that are tried first, as far as they are long enough to be typed here (passwords.LENGTH_MIN).

Trailing digits and marks are cut off before the second look-up, so `password` covers `Password123!` too.
"""

from __future__ import annotations

_LIST = """
00000000 000000000 0000000000 01234567 012345678 0123456789 0987654321 10203040 1029384756 11111111 111111111
1111111111 11223344 1122334455 112233445566 12121212 123123123 123123123123 12341234 1234512345 123454321
123456123456 1234567 12345678 123456789 1234567890 12345678910 123456789a 123456789q 1234567a 1234567q 12345qwert
1234abcd 1234qwer 12344321 123654789 123698745 123abc123 123qweasd 123qweasdzxc 12qwaszx 13131313 135792468
1357924680 14141414 142536475869 147258369 147852369 159357258 159753456 192837465 19841984 19851985 1q2w3e4r
1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 1qazzaq1 20202020 21212121 22222222 23232323 24682468
25252525 31415926 33333333 44444444 55555555 66666666 77777777 78945612 789456123 87654321 88888888 963852741
98765432 987654321 9876543210 99999999 a1234567 a12345678 a123456789 a1b2c3d4 a1b2c3d4e5 aa123456 aa12345678
aaaaaaaa abc12345 abc123456 abcabcabc abcd1234 abcdefg abcdefgh abcdefghi abcdefghij access14 admin123 admin1234
administrator administrador alejandra alexander alexandra alexandria anderson angelina arsenal1 asdasdasd asdf1234
asdfasdf asdfghjk asdfghjkl asdfghjkl1 asdfjkl; asdqwe123 augustus babygirl babylon5 badminton baseball basketball
bastards beautiful benjamin bernardo bigdaddy birthday blackcat blahblah blink182 bluebird blueeyes bluesky bollocks
brandon1 brooklyn butterfly california carolina caroline catherine cellphone challenge champion changeit changeme
changeme123 charger charging chargingstation charlie1 charlotte checkers chelsea1 chester1 chevrolet chicken1
chocolate christian christina christine christmas christopher cinderella claudia1 clifford cocacola columbia
computer concrete consuelo coolcool corvette cowboys1 creative crystal1 custom12 daddy123 dallas22 danielle darkness
december default default1 dictionary diamond1 dolphins dragon12 dreamer1 drowssap earthlink edward12 einstein
elephant elizabeth emmanuel energy123 engineer enterprise explorer fairlane fernando ferrari1 firebird fireball
flamingo florence football football1 forever21 franklin freedom1 friendly friends1 front242 fuckyou1 fuckyou2
fuckoff1 gabriela gabriel1 garfield geronimo giovanni gladiator godzilla goldfish google123 gordon24 greenday
guadalupe guitar12 hallo123 hamilton handball hardcore harrypotter hastalavista hello123 hellohello hercules
highland homepage hotstuff husker12 idontknow iloveyou iloveyou1 iloveyou2 immortal infinity internet inuyasha
ironman1 isabella iverson3 jackson5 jasmine1 jennifer jeremiah jessica1 johncena johnson1 jonathan jordan23
josephine juventus kamikaze katherine kimberly kingkong kristina landrover lasvegas leonardo letmein1 letmein123
leticia1 liberty1 lifehack limited1 liverpool liverpool1 loveyou1 lovelove lovely12 mallorca manchester margarita
marlboro marshall martinez master12 master123 matthew1 maverick maximilian mercedes metallica michael1 michelle
michigan midnight millenium mohammed monica12 monkey12 monopoly monster1 montana1 morpheus mortimer motherfucker
motorola mountain mustang1 nathaniel naruto12 newyork1 nicholas nicole12 nightmare nintendo nopassword november
nothing1 october1 operator operator1 p@ssw0rd p@ssword p@55w0rd pa$$word pa55word pa55w0rd pakistan panasonic
paradise passport passw0rd password passwort passwort1 passwords pass1234 pass12345 pa11word patricia patrick1
pavilion penguins personal peter123 pictures pineapple platinum playboy1 playstation pokemon1 porsche911 positive
power123 precious primavera princesa princess princess1 q1w2e3r4 q1w2e3r4t5 q1w2e3r4t5y6 qazwsxed qazwsxedc
qazwsx123 qazxswedc qq123456 qqqqqqqq qwaszx12 qweasd123 qweasdzxc qweqweqwe qwer1234 qwerqwer qwert123 qwert12345
qwerty12 qwerty123 qwerty1234 qwerty12345 qwertyui qwertyuio qwertyuiop qwertz123 qwertzui qwertzuiop rainbow1
raiders1 rammstein ranger12 raspberry rebecca1 redskins register remember robert12 rockstar rosebud1 rush2112
ryan1234 samantha sampson1 samsung1 santiago saturday savannah scarface schatzi1 scorpion sebastian september
serenity seventeen shadow12 sherlock shithead simpsons skateboard skywalker slipknot smashing smirnoff snickers
snowball snowboard softball southpark spiderman spitfire srinivas stargate starwars starwars1 station1 stephanie
sterling strawberry student1 success1 sullivan summer123 sunflower sunshine sunshine1 superman superman1 superstar
supervisor swordfish system32 tennessee terminator test1234 test12345 testtest thailand thebeast theodore thumper1
thunder1 thursday tinkerbell tigers12 titanic1 tottenham tomorrow training travel12 trinity1 triton12 trustno1
tunafish ultimate undertaker unicorn1 universe valentina valentine vanessa1 veronica victoria victoria1 viewsonic
vincent1 volcom12 voltway voltwayadmin warcraft welcome1 welcome123 wednesday westside whatever whatever1 wildcats
william1 williams willkommen windows10 wolfgang wrangler xboxlive xxxxxxxx yamahar1 yankees1 yellow12 zaq12wsx
zaq1zaq1 zaq1xsw2 zxcasdqwe zxcv1234 zxcvbnm1 zxcvbnm123 zxcvbnma admin administrator1 charger1 default123
evcharging letmein monkey password1 qwerty root rootroot secret secret123 superuser welcome winter summer spring
autumn
"""
COMMON_PASSWORDS = frozenset(_LIST.split())
